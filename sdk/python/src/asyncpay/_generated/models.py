"""The models. Made by generator/ from the OpenAPI document; `make sdk` makes them anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypedDict, Union

from asyncpay._model import Model, OtherEvent, each, moment


class OrderCreated(Model):
    """`OrderCreated` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment, "expires_at": moment}
    _optional = frozenset({"expires_at"})
    id: str
    merchant_id: str
    amount: int
    """In the currency's minor unit."""
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    receipt: str | None
    notes: dict[str, Any]
    status: Literal["created", "attempted", "paid"]
    created_at: datetime
    expires_at: datetime | None


class Order(OrderCreated):
    """`Order` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment, "expires_at": moment, "updated_at": moment}
    _optional = frozenset({"expired", "expires_at"})
    updated_at: datetime
    expired: bool | None
    """Too late to begin a payment."""


class PaymentCreated(Model):
    """`PaymentCreated` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment}
    _optional = frozenset({"card_last4", "card_network", "vpa"})
    id: str
    order_id: str
    amount: int
    """In the currency's minor unit."""
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    method: Literal["upi", "card"]
    vpa: str | None
    """With UPI, unless a link is to open the app."""
    card_network: Literal["visa", "mastercard", "amex", "rupay", "unknown"] | None
    """With a card."""
    card_last4: str | None
    """With a card, until the payer is erased."""
    status: Literal["pending", "success", "failed"]
    created_at: datetime


class NewCard(TypedDict):
    """A dictionary: `NewCard`."""

    number: str
    expiry_month: str | int
    expiry_year: str | int
    cvv: str
    holder_name: str


class PaymentNextAction(Model):
    """While the shopper has to approve it elsewhere: send them to this address. With `upi_flow` it is a link that opens a UPI app."""

    __slots__ = ()
    type: Literal["redirect"]
    redirect_url: str


class Payment(PaymentCreated):
    """`Payment` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment, "updated_at": moment, "next_action": PaymentNextAction}
    _optional = frozenset(
        {
            "card_last4",
            "card_network",
            "error_code",
            "error_description",
            "error_reason",
            "next_action",
            "vpa",
        }
    )
    captured: bool
    amount_captured: int
    amount_refunded: int
    amount_released: int
    """What a partial capture gave back to the shopper."""
    amount_refundable: int
    """What can still be refunded."""
    updated_at: datetime
    next_action: PaymentNextAction | None
    """While the shopper has to approve it elsewhere: send them to this address. With `upi_flow` it is a link that opens a UPI app."""
    error_code: Literal["PAYMENT_FAILED", "ORDER_ALREADY_PAID"] | None
    """Once it failed."""
    error_reason: str | None
    error_description: str | None


class Moment(Model):
    """`Moment` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"at": moment}
    _optional = frozenset(
        {
            "amount",
            "attempt",
            "duration_ms",
            "entry_id",
            "entry_kind",
            "error",
            "error_code",
            "error_description",
            "event",
            "lines",
            "method",
            "order_id",
            "payment_id",
            "reason",
            "receipt",
            "refund_id",
            "response_code",
            "status",
            "webhook_id",
        }
    )
    at: datetime
    kind: Literal[
        "order.created",
        "payment.created",
        "payment.success",
        "payment.failed",
        "payment.captured",
        "payment.released",
        "refund.created",
        "refund.processed",
        "refund.cancelled",
        "refund.failed",
        "ledger.entry",
        "webhook.created",
        "webhook.attempt",
    ]
    order_id: str | None
    payment_id: str | None
    refund_id: str | None
    entry_id: str | None
    entry_kind: str | None
    webhook_id: str | None
    amount: int | None
    receipt: str | None
    method: str | None
    error_code: str | None
    error_description: str | None
    reason: str | None
    lines: list[dict[str, Any]] | None
    event: str | None
    status: str | None
    attempt: int | None
    duration_ms: int | None
    response_code: int | None
    error: str | None


class Timeline(Model):
    """`Timeline` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": each(Moment)}
    data: list[Moment]


class AtAcquirer(Model):
    """`AtAcquirer` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"asked_at": moment, "next_at": moment}
    kind: Literal["payment", "release", "reversal", "refund"]
    id: str
    acquirer: str
    account: str
    amount: int
    """In the currency's minor unit."""
    key: str
    """The idempotency key that the acquirer knows it by."""
    number: int
    """How many keys were used, one after the other."""
    reference: str | None
    """The acquirer's own id."""
    raw_code: str | None
    """What the acquirer said last, in its words."""
    captured: bool
    asked_at: datetime | None
    is_open: bool
    next_at: datetime | None
    parked: str | None
    """Why a person has to look at it first."""


class Dispute(Model):
    """`Dispute` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment, "closed_at": moment, "respond_by": moment, "told_at": moment}
    id: str
    payment_id: str
    amount: int
    """In the currency's minor unit."""
    currency: str
    reason: str | None
    """The acquirer's word for it."""
    status: Literal["open", "won", "lost", "closed"]
    """`closed`: it was an inquiry only."""
    created_at: datetime
    closed_at: datetime | None
    reference: str
    """The acquirer's own id."""
    word: str
    """The acquirer's word for how it stands."""
    respond_by: datetime | None
    """Until when evidence may be sent, at the acquirer."""
    told_at: datetime
    """When the acquirer said so last."""


class AtAcquirerList(Model):
    """`AtAcquirerList` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": each(AtAcquirer), "disputes": each(Dispute)}
    data: list[AtAcquirer]
    disputes: list[Dispute]
    """What the acquirer told of disputes, the oldest first."""


class RefundCreated(Model):
    """`RefundCreated` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment}
    id: str
    payment_id: str
    amount: int
    """In the currency's minor unit."""
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    reason: str | None
    status: Literal["pending", "processed", "cancelled", "failed"]
    created_at: datetime


class Refund(RefundCreated):
    """`Refund` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment, "processed_at": moment}
    processed_at: datetime | None


class BalanceAccountsProcessorReceivable(Model):
    """`BalanceAccountsProcessorReceivable` of the OpenAPI document."""

    __slots__ = ()
    debit: int
    credit: int


class BalanceAccountsMerchantPayable(Model):
    """`BalanceAccountsMerchantPayable` of the OpenAPI document."""

    __slots__ = ()
    debit: int
    credit: int


class BalanceAccounts(Model):
    """`BalanceAccounts` of the OpenAPI document."""

    __slots__ = ()
    _converts = {
        "processor_receivable": BalanceAccountsProcessorReceivable,
        "merchant_payable": BalanceAccountsMerchantPayable,
    }
    processor_receivable: BalanceAccountsProcessorReceivable
    merchant_payable: BalanceAccountsMerchantPayable


class Balance(Model):
    """`Balance` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"accounts": BalanceAccounts}
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    amount: int
    """What you are owed."""
    payments: int
    refunds: int
    reversals: int
    accounts: BalanceAccounts


class BalanceList(Model):
    """`BalanceList` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": each(Balance)}
    data: list[Balance]


class LedgerEntryLines(Model):
    """`LedgerEntryLines` of the OpenAPI document."""

    __slots__ = ()
    account: Literal["processor_receivable", "merchant_payable"]
    debit: int
    credit: int


class LedgerEntry(Model):
    """`LedgerEntry` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"lines": each(LedgerEntryLines), "created_at": moment}
    id: str
    kind: Literal["payment", "refund", "reversal"]
    payment_id: str
    refund_id: str | None
    amount: int
    """In the currency's minor unit."""
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    lines: list[LedgerEntryLines]
    created_at: datetime


class DeliveryListed(Model):
    """`DeliveryListed` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment, "last_attempt_at": moment}
    id: str
    event: Literal[
        "payment.created",
        "payment.pending",
        "payment.success",
        "payment.failed",
        "payment.reversed",
        "refund.created",
        "refund.processed",
        "payment.captured",
        "payment.released",
        "refund.cancelled",
        "refund.failed",
        "order.paid",
        "dispute.created",
        "dispute.closed",
        "webhook.test",
    ]
    object_id: str
    """The payment or the refund that it is about."""
    endpoint_id: str
    """Where it goes; `default` is `webhook_url`."""
    status: Literal["pending", "success", "failed"]
    attempts: int
    created_at: datetime
    last_attempt_at: datetime | None
    response_code: int | None
    """null where nobody answered."""


class WebhookConfig(Model):
    """`WebhookConfig` of the OpenAPI document."""

    __slots__ = ()
    webhook_url: str | None
    webhook_secret: str
    events: list[
        Literal[
            "payment.created",
            "payment.pending",
            "payment.success",
            "payment.failed",
            "payment.reversed",
            "refund.created",
            "refund.processed",
            "payment.captured",
            "payment.released",
            "refund.cancelled",
            "refund.failed",
            "order.paid",
            "dispute.created",
            "dispute.closed",
        ]
    ]
    """What is sent there."""


class WebhookSecret(Model):
    """`WebhookSecret` of the OpenAPI document."""

    __slots__ = ()
    webhook_secret: str


class WebhookSent(Model):
    """`WebhookSent` of the OpenAPI document."""

    __slots__ = ()
    id: str
    status: Literal["pending", "success", "failed"]


class WebhooksRetried(Model):
    """`WebhooksRetried` of the OpenAPI document."""

    __slots__ = ()
    retried: int
    """How many begin again."""
    next_cursor: str | None
    """Where to go on; null at the end."""


class PaymentTold(Model):
    """`PaymentTold` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment}
    _optional = frozenset(
        {
            "card_last4",
            "card_network",
            "error_code",
            "error_description",
            "error_reason",
            "notes",
            "receipt",
            "vpa",
        }
    )
    id: str
    order_id: str
    amount: int
    """In the currency's minor unit."""
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    method: Literal["upi", "card"]
    vpa: str | None
    """With UPI, unless a link is to open the app."""
    card_network: Literal["visa", "mastercard", "amex", "rupay", "unknown"] | None
    """With a card."""
    card_last4: str | None
    """With a card, until the payer is erased."""
    status: Literal["pending", "success", "failed"]
    created_at: datetime
    amount_captured: int
    amount_refunded: int
    receipt: str | None
    notes: dict[str, Any] | None
    error_code: Literal["PAYMENT_FAILED", "ORDER_ALREADY_PAID"] | None
    """Once it failed."""
    error_reason: str | None
    error_description: str | None


class PaymentEventData(Model):
    """`PaymentEventData` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"payment": PaymentTold}
    payment: PaymentTold


class PaymentEvent(Model):
    """`PaymentEvent` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": PaymentEventData}
    event: Literal[
        "payment.created", "payment.pending", "payment.success", "payment.failed", "payment.reversed"
    ]
    timestamp: int
    """Unix seconds."""
    data: PaymentEventData
    sequence: int
    """Its place among the object's events."""


class PaymentKept(Model):
    """`PaymentKept` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment}
    _optional = frozenset(
        {
            "card_last4",
            "card_network",
            "error_code",
            "error_description",
            "error_reason",
            "notes",
            "receipt",
            "vpa",
        }
    )
    id: str
    order_id: str
    amount: int
    """In the currency's minor unit."""
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    method: Literal["upi", "card"]
    vpa: str | None
    """With UPI, unless a link is to open the app."""
    card_network: Literal["visa", "mastercard", "amex", "rupay", "unknown"] | None
    """With a card."""
    card_last4: str | None
    """With a card, until the payer is erased."""
    status: Literal["pending", "success", "failed"]
    created_at: datetime
    captured: bool
    amount_captured: int
    amount_released: int
    """What goes back, or has gone back, because it was not kept."""
    receipt: str | None
    notes: dict[str, Any] | None
    error_code: Literal["PAYMENT_FAILED", "ORDER_ALREADY_PAID"] | None
    """Once it failed."""
    error_reason: str | None
    error_description: str | None


class CaptureEventData(Model):
    """`CaptureEventData` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"payment": PaymentKept}
    payment: PaymentKept


class CaptureEvent(Model):
    """`CaptureEvent` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": CaptureEventData}
    event: Literal["payment.captured", "payment.released"]
    timestamp: int
    """Unix seconds."""
    data: CaptureEventData
    sequence: int
    """Its place among the object's events."""


class PaymentOfRefund(Model):
    """`PaymentOfRefund` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment}
    _optional = frozenset({"card_last4", "card_network", "notes", "receipt", "vpa"})
    id: str
    order_id: str
    amount: int
    """In the currency's minor unit."""
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    method: Literal["upi", "card"]
    vpa: str | None
    """With UPI, unless a link is to open the app."""
    card_network: Literal["visa", "mastercard", "amex", "rupay", "unknown"] | None
    """With a card."""
    card_last4: str | None
    """With a card, until the payer is erased."""
    status: Literal["pending", "success", "failed"]
    created_at: datetime
    receipt: str | None
    notes: dict[str, Any] | None


class RefundEventData(Model):
    """`RefundEventData` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"refund": Refund, "payment": PaymentOfRefund}
    refund: Refund
    payment: PaymentOfRefund


class RefundEvent(Model):
    """`RefundEvent` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": RefundEventData}
    event: Literal["refund.created", "refund.processed", "refund.cancelled", "refund.failed"]
    timestamp: int
    """Unix seconds."""
    data: RefundEventData
    sequence: int
    """Its place among the object's events."""


class OrderTold(Model):
    """`OrderTold` of the OpenAPI document."""

    __slots__ = ()
    _optional = frozenset({"notes", "receipt"})
    id: str
    amount: int
    """In the currency's minor unit."""
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    receipt: str | None
    notes: dict[str, Any] | None
    status: Literal["paid"]


class OrderEventData(Model):
    """`OrderEventData` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"order": OrderTold, "payment": PaymentOfRefund}
    order: OrderTold
    payment: PaymentOfRefund


class OrderEvent(Model):
    """`OrderEvent` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": OrderEventData}
    event: Literal["order.paid"]
    timestamp: int
    """Unix seconds."""
    data: OrderEventData
    sequence: int
    """Its place among the object's events."""


class DisputeTold(Model):
    """`DisputeTold` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment, "closed_at": moment}
    id: str
    payment_id: str
    amount: int
    """In the currency's minor unit."""
    currency: str
    reason: str | None
    """The acquirer's word for it."""
    status: Literal["open", "won", "lost", "closed"]
    """`closed`: it was an inquiry only."""
    created_at: datetime
    closed_at: datetime | None


class DisputeEventData(Model):
    """`DisputeEventData` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"dispute": DisputeTold, "payment": PaymentOfRefund}
    dispute: DisputeTold
    payment: PaymentOfRefund


class DisputeEvent(Model):
    """`DisputeEvent` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": DisputeEventData}
    event: Literal["dispute.created", "dispute.closed"]
    timestamp: int
    """Unix seconds."""
    data: DisputeEventData
    sequence: int
    """Its place among the object's events."""


class TestEventData(Model):
    """`TestEventData` of the OpenAPI document."""

    __slots__ = ()
    message: str
    merchant_id: str


class TestEvent(Model):
    """`TestEvent` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": TestEventData}
    event: Literal["webhook.test"]
    timestamp: int
    """Unix seconds."""
    data: TestEventData
    sequence: int
    """Its place among the object's events."""


Event = Union[PaymentEvent, CaptureEvent, RefundEvent, OrderEvent, DisputeEvent, TestEvent, OtherEvent]
_EVENTS: dict[str, type[Event]] = {
    "payment.created": PaymentEvent,
    "payment.pending": PaymentEvent,
    "payment.success": PaymentEvent,
    "payment.failed": PaymentEvent,
    "payment.reversed": PaymentEvent,
    "payment.captured": CaptureEvent,
    "payment.released": CaptureEvent,
    "refund.created": RefundEvent,
    "refund.processed": RefundEvent,
    "refund.cancelled": RefundEvent,
    "refund.failed": RefundEvent,
    "order.paid": OrderEvent,
    "dispute.created": DisputeEvent,
    "dispute.closed": DisputeEvent,
    "webhook.test": TestEvent,
}


def event(data: Any) -> Event:
    """The model that the value of `event` asks for."""
    return _EVENTS.get(data["event"], OtherEvent)(data)


class DeliveryAttemptLog(Model):
    """`DeliveryAttemptLog` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"at": moment}
    at: datetime
    duration_ms: int
    response_code: int | None
    """null where nobody answered."""
    response_body: str | None
    error: str | None


class Delivery(DeliveryListed):
    """`Delivery` of the OpenAPI document."""

    __slots__ = ()
    _converts = {
        "created_at": moment,
        "last_attempt_at": moment,
        "payload": event,
        "next_retry_at": moment,
        "attempt_log": each(DeliveryAttemptLog),
    }
    merchant_id: str
    event_id: str
    """What it carries as `webhook-id`."""
    payload: Event
    next_retry_at: datetime | None
    response_body: str | None
    attempt_log: list[DeliveryAttemptLog]


class WebhookRetried(Model):
    """`WebhookRetried` of the OpenAPI document."""

    __slots__ = ()
    id: str
    status: Literal["pending", "success", "failed"]
    message: str


class WebhookEndpointListed(Model):
    """`WebhookEndpointListed` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment}
    id: str
    """`default` is the endpoint of `webhook_url`."""
    url: str
    events: list[
        Literal[
            "payment.created",
            "payment.pending",
            "payment.success",
            "payment.failed",
            "payment.reversed",
            "refund.created",
            "refund.processed",
            "payment.captured",
            "payment.released",
            "refund.cancelled",
            "refund.failed",
            "order.paid",
            "dispute.created",
            "dispute.closed",
        ]
    ]
    """What is sent there."""
    enabled: bool
    """Whether anything is sent there."""
    created_at: datetime | None


class WebhookEndpoint(WebhookEndpointListed):
    """`WebhookEndpoint` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment}
    secret: str
    """What signs the events that are sent there."""


class ApiKey(Model):
    """`ApiKey` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"created_at": moment, "expires_at": moment, "last_used_at": moment}
    api_key: str
    last4: str
    created_at: datetime
    active: bool
    """Whether it works now."""
    expires_at: datetime | None
    """When it ends: it was replaced, or issued for a time only."""
    replaced: bool
    """Whether another key was issued in its place."""
    last_used_at: datetime | None
    """When it was last used, to the hour."""
    name: str | None
    rights: list[Any] | None
    """What it may do; null for everything that an API key can do."""
    addresses: list[str]
    """The networks that it may be used from; empty for all."""


class Credentials(Model):
    """`Credentials` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"keys": each(ApiKey)}
    api_key: str | None
    api_secret: str | None
    """Only of the seeded key of a test stage."""
    keys: list[ApiKey]


class SummaryByStatus(Model):
    """`SummaryByStatus` of the OpenAPI document."""

    __slots__ = ()
    pending: int
    success: int
    failed: int


class SummaryByMethodUpi(Model):
    """`SummaryByMethodUpi` of the OpenAPI document."""

    __slots__ = ()
    count: int
    amount: int
    """Of the successful payments, in the currency's minor unit."""


class SummaryByMethodCard(Model):
    """`SummaryByMethodCard` of the OpenAPI document."""

    __slots__ = ()
    count: int
    amount: int
    """Of the successful payments, in the currency's minor unit."""


class SummaryByMethod(Model):
    """`SummaryByMethod` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"upi": SummaryByMethodUpi, "card": SummaryByMethodCard}
    upi: SummaryByMethodUpi
    card: SummaryByMethodCard


class SummaryByDay(Model):
    """`SummaryByDay` of the OpenAPI document."""

    __slots__ = ()
    date: str
    success: int
    failed: int
    pending: int
    amount: int
    """Of the successful payments, in the currency's minor unit."""


class SummaryCurrenciesByStatus(Model):
    """`SummaryCurrenciesByStatus` of the OpenAPI document."""

    __slots__ = ()
    pending: int
    success: int
    failed: int


class SummaryCurrenciesByMethodUpi(Model):
    """`SummaryCurrenciesByMethodUpi` of the OpenAPI document."""

    __slots__ = ()
    count: int
    amount: int
    """Of the successful payments, in the currency's minor unit."""


class SummaryCurrenciesByMethodCard(Model):
    """`SummaryCurrenciesByMethodCard` of the OpenAPI document."""

    __slots__ = ()
    count: int
    amount: int
    """Of the successful payments, in the currency's minor unit."""


class SummaryCurrenciesByMethod(Model):
    """`SummaryCurrenciesByMethod` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"upi": SummaryCurrenciesByMethodUpi, "card": SummaryCurrenciesByMethodCard}
    upi: SummaryCurrenciesByMethodUpi
    card: SummaryCurrenciesByMethodCard


class SummaryCurrenciesByDay(Model):
    """`SummaryCurrenciesByDay` of the OpenAPI document."""

    __slots__ = ()
    date: str
    success: int
    failed: int
    pending: int
    amount: int
    """Of the successful payments, in the currency's minor unit."""


class SummaryCurrencies(Model):
    """`SummaryCurrencies` of the OpenAPI document."""

    __slots__ = ()
    _converts = {
        "by_status": SummaryCurrenciesByStatus,
        "by_method": SummaryCurrenciesByMethod,
        "by_day": each(SummaryCurrenciesByDay),
    }
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    total_transactions: int
    total_amount: int
    """Of the successful payments, in the currency's minor unit."""
    success_rate: float
    """Percentage of the finished payments that succeeded; 0 where none is finished."""
    by_status: SummaryCurrenciesByStatus
    by_method: SummaryCurrenciesByMethod
    by_day: list[SummaryCurrenciesByDay]


class Summary(Model):
    """`Summary` of the OpenAPI document."""

    __slots__ = ()
    _converts = {
        "by_status": SummaryByStatus,
        "by_method": SummaryByMethod,
        "by_day": each(SummaryByDay),
        "currencies": each(SummaryCurrencies),
    }
    currency: Literal["INR", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "AED"]
    total_transactions: int
    total_amount: int
    """Of the successful payments, in the currency's minor unit."""
    success_rate: float
    """Percentage of the finished payments that succeeded; 0 where none is finished."""
    by_status: SummaryByStatus
    by_method: SummaryByMethod
    by_day: list[SummaryByDay]
    from_: str
    to: str
    currencies: list[SummaryCurrencies]


class AuditEntry(Model):
    """`AuditEntry` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"at": moment}
    id: str
    at: datetime
    actor: str
    action: Literal[
        "merchant.created",
        "merchant.disabled",
        "merchant.enabled",
        "password.set",
        "api_key.issued",
        "api_key.rotated",
        "api_key.disabled",
        "checkout_origins.set",
        "acquirer.set",
        "acquirer.rotated",
        "payment.settled",
        "refund.settled",
        "limits.set",
        "payment.captured",
        "refund.created",
        "refund.cancelled",
        "webhook_url.set",
        "webhook_endpoint.added",
        "webhook_endpoint.changed",
        "webhook_endpoint.removed",
        "webhooks.retried",
        "webhook_secret.rotated",
        "user.invited",
        "user.changed",
        "user.removed",
        "password.reset_begun",
        "second_factor.begun",
        "second_factor.on",
        "second_factor.off",
        "sessions.ended",
        "session.begun",
        "session.refused",
        "export.begun",
        "person.erased",
        "chaos.begun",
        "chaos.ended",
    ]
    object: str
    details: dict[str, Any]
    source: str | None
    """The network address that it was asked from."""
    request_id: str | None
    """The request's X-Request-Id."""
    key_id: str | None
    """The API key that was used."""


class ReconciliationDifferences(Model):
    """`ReconciliationDifferences` of the OpenAPI document."""

    __slots__ = ()
    problem: Literal["not_in_ledger", "not_at_acquirer", "amount_differs", "unexplained"]
    our_id: str | None
    """Our payment or refund, where there is one."""
    reference: str | None
    """The acquirer's own id, where it has one."""
    ours: int | None
    """The ledger's amount."""
    theirs: int | None
    """The acquirer's amount."""
    currency: str


class Reconciliation(Model):
    """`Reconciliation` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"finished_at": moment, "differences": each(ReconciliationDifferences)}
    account: str
    acquirer: str
    day: str
    """In UTC."""
    finished_at: datetime | None
    movements: int
    """How many lines the acquirer's statement has."""
    matched: int
    """How many of them the ledger has too, with their amount."""
    taken: dict[str, Any]
    """What shoppers paid at the acquirer, in minor units, by currency."""
    given_back: dict[str, Any]
    """What went back to them, by currency."""
    fees: dict[str, Any]
    """What the acquirer kept for itself, by currency."""
    differences: list[ReconciliationDifferences]
    """The first 100. Nothing is corrected by itself."""
    differences_total: int


class Chaos(Model):
    """`Chaos` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"until": moment}
    active: bool
    """Whether anything is disturbed now."""
    until: datetime | None
    """When it ends by itself."""
    seed: int | None
    """Repeats the same faults."""
    error_percent: int
    rate_limit_percent: int
    slow_percent: int
    drop_percent: int
    slow_ms: int
    repeat_percent: int
    delay_percent: int
    reorder_percent: int
    delay_seconds: int
    late_percent: int
    late_seconds: int


class Health(Model):
    """`Health` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"timestamp": moment}
    status: Literal["healthy"]
    database: Literal["connected", "disconnected"]
    redis: Literal["connected", "disconnected"]
    worker: Literal["running", "stopped"]
    timestamp: datetime


class TestMerchant(Model):
    """`TestMerchant` of the OpenAPI document."""

    __slots__ = ()
    id: str
    email: str
    api_key: str
    seeded: bool


class JobsStatus(Model):
    """`JobsStatus` of the OpenAPI document."""

    __slots__ = ()
    pending: int
    processing: int
    completed: int
    failed: int
    worker_status: Literal["running", "stopped"]


class JobQueuesData(Model):
    """`JobQueuesData` of the OpenAPI document."""

    __slots__ = ()
    name: Literal["payments", "refunds", "webhooks", "slow_webhooks"]
    waiting: int
    delayed: int
    processing: int
    completed: int
    failed: int
    dead_letters: int | None
    """Null in the slow lane of webhooks, which shares the other one's."""
    oldest_age_seconds: int | None
    """How long the oldest job has been due; null where none waits."""
    worker_status: Literal["running", "stopped"]


class JobQueues(Model):
    """`JobQueues` of the OpenAPI document."""

    __slots__ = ()
    _converts = {"data": each(JobQueuesData)}
    data: list[JobQueuesData]


class OpenApi(Model):
    """`OpenApi` of the OpenAPI document."""

    __slots__ = ()
    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    tags: list[dict[str, Any]]
    paths: dict[str, Any]
    webhooks: dict[str, Any]
    components: dict[str, Any]
