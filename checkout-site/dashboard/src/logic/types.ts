/** What the API answers with, as far as the dashboard reads it. */

export interface Session {
  merchant: { id: string; name: string; email: string };
  csrf_token: string;
  expires_at: string;
  stage: string;
}

export interface ApiKey {
  api_key: string;
  active: boolean;
  created_at: string;
  expires_at: string | null;
}

export interface Credentials {
  /** The newest active key; null where there is none. */
  api_key: string | null;
  api_secret: string | null;
  keys: ApiKey[];
}

export interface Day {
  date: string;
  success: number;
  failed: number;
  pending: number;
  amount: number;
}

export interface Summary {
  currency: string;
  total_transactions: number;
  total_amount: number;
  success_rate: number;
  by_status: Record<string, number>;
  by_method: Record<string, { count: number; amount: number }>;
  by_day: Day[];
}

export interface Payment {
  id: string;
  order_id: string;
  amount: number;
  currency: string;
  method: "upi" | "card";
  vpa?: string;
  card_network?: string;
  card_last4?: string;
  status: "pending" | "success" | "failed";
  created_at: string;
  updated_at: string;
  captured: boolean;
  amount_captured: number;
  amount_refunded: number;
  error_code?: string;
  error_description?: string;
}

export interface Refund {
  id: string;
  payment_id: string;
  amount: number;
  currency: string;
  reason: string | null;
  status: string;
  created_at: string;
  processed_at?: string | null;
}

export interface TimelineEntry {
  at: string;
  kind: string;
  [member: string]: unknown;
}

export interface Webhook {
  id: string;
  event: string;
  object_id?: string;
  status: "pending" | "success" | "failed";
  attempts: number;
  created_at: string;
  last_attempt_at: string | null;
  response_code: number | null;
}

export interface Attempt {
  at: string;
  duration_ms: number;
  response_code: number | null;
  response_body: string | null;
  error: string | null;
}

export interface WebhookRow extends Webhook {
  payload: unknown;
  next_retry_at: string | null;
  response_body: string | null;
  attempt_log: Attempt[];
}

export interface WebhookConfig {
  webhook_url: string | null;
  webhook_secret: string;
}

export interface AuditRow {
  id: string;
  at: string;
  actor: string;
  action: string;
  object: string;
  details: unknown;
}

export interface Page<T> {
  data: T[];
  total?: number;
  limit?: number;
  offset?: number;
  next_cursor?: string | null;
}
