/** The API's resources under the names that the pages use. The types themselves come from the OpenAPI document. */

import type { Error as ErrorBody, LedgerEntry, Summary, Webhook } from "../../sdk/node/src/openapi";

export type {
  ApiKey,
  ApiKeyList,
  AtAcquirerList,
  AuditEntry,
  AuditList,
  Balance,
  BalanceList,
  Chaos,
  ChaosWanted,
  CheckoutOrder,
  Credentials,
  Dispute,
  ExportBegun,
  Invitation,
  LedgerEntry,
  NewPayment,
  Order,
  Payment,
  PaymentCreated,
  PaymentList,
  PublicPayment,
  RecoveryCodes,
  Reconciliation,
  ReconciliationList,
  Refund,
  RefundList,
  SecondFactor,
  Session,
  SessionList,
  Summary,
  Timeline,
  User,
  UserList,
  Moment as TimelineEntry,
  Webhook as Delivery,
  WebhookConfig,
  WebhookEndpoint as Endpoint,
  WebhookEndpointList as EndpointList,
  WebhookEndpointListed as ListedEndpoint,
  WebhooksRetried as DeliveriesRetried,
  WebhookList as DeliveryList,
  WebhookListed as ListedDelivery,
} from "../../sdk/node/src/openapi";

export type Challenge = NonNullable<ErrorBody["error"]["challenge"]>;
export type Day = Summary["by_day"][number];
export type LedgerLine = LedgerEntry["lines"][number];
export type DeliveryAttempt = Webhook["attempt_log"][number];
