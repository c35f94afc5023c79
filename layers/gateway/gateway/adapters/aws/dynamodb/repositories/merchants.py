"""Merchants."""

from datetime import datetime

from pynamodb.exceptions import PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gateway.adapters.aws.dynamodb.errors import unavailable_when_aws_fails
from gateway.adapters.aws.dynamodb.tables import MerchantRow
from gateway.adapters.aws.dynamodb.transaction import Transaction
from gateway.domain.merchant import Merchant
from gateway.domain.values import from_iso, to_iso

MERCHANT = "merchant"


def to_merchant(row: MerchantRow) -> Merchant:
    """The merchant that a row holds."""
    return Merchant(
        id=row.id,
        name=row.name,
        email=row.email,
        active=row.active,
        webhook_url=row.webhook_url,
        webhook_secret=row.webhook_secret,
        created_at=from_iso(row.created_at),
        previous_secret=row.previous_secret,
        previous_secret_until=from_iso(row.previous_secret_until) if row.previous_secret_until else None,
        checkout_origins=tuple(row.checkout_origins or ()),
        session_version=int(row.session_version or 0),
    )


def get_merchant(merchant_id: str) -> Merchant | None:
    """The merchant, or None."""
    with unavailable_when_aws_fails():
        try:
            return to_merchant(MerchantRow.get(merchant_id, consistent_read=True))
        except MerchantRow.DoesNotExist:
            return None


def scan_merchants(limit: int) -> list[Merchant]:
    """All merchants, in no order, at most `limit`: reads the table from end to end."""
    with unavailable_when_aws_fails():
        return [to_merchant(row) for row in MerchantRow.scan(limit=limit)]


def add_merchant(merchant: Merchant) -> bool:
    """Stores a merchant unless there is one with this id; says whether it was stored."""
    with unavailable_when_aws_fails():
        try:
            _row(merchant).save(condition=MerchantRow.id.does_not_exist())
        except PutError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            raise
    return True


def put_new(transaction: Transaction, merchant: Merchant) -> None:
    """Adds a new merchant to a transaction; refused (label MERCHANT) where the id is taken."""
    transaction.put(MERCHANT, _row(merchant), MerchantRow.id.does_not_exist())


def set_active(transaction: Transaction, merchant_id: str, *, active: bool) -> None:
    """Adds that a merchant is, or is not, served; refused (label MERCHANT) where that is so already.

    Sessions begun before end with it.
    """
    actions: list[Action] = [MerchantRow.active.set(active), _end_sessions()]
    transaction.update(MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.active == (not active))


def end_sessions(transaction: Transaction, merchant_id: str) -> None:
    """Adds the end of all sessions that a merchant's people have; refused (label MERCHANT) without one."""
    transaction.update(MERCHANT, MerchantRow(merchant_id), [_end_sessions()], MerchantRow.id.exists())


def _end_sessions() -> Action:
    version: Action = MerchantRow.session_version.add(1)
    return version


def _row(merchant: Merchant) -> MerchantRow:
    return MerchantRow(
        merchant.id,
        name=merchant.name,
        email=merchant.email,
        active=merchant.active,
        webhook_url=merchant.webhook_url,
        webhook_secret=merchant.webhook_secret,
        created_at=to_iso(merchant.created_at),
        checkout_origins=list(merchant.checkout_origins) or None,
    )


def set_webhook_url(merchant_id: str, url: str | None) -> None:
    """Sets or clears where the merchant's webhooks go."""
    action = MerchantRow.webhook_url.remove() if url is None else MerchantRow.webhook_url.set(url)
    with unavailable_when_aws_fails():
        MerchantRow(merchant_id).update(actions=[action], condition=MerchantRow.id.exists())


def clear_webhook_url(merchant_id: str, url: str) -> bool:
    """Clears the webhook URL if it is still this one; says whether it was."""
    return _update_if(merchant_id, [MerchantRow.webhook_url.remove()], MerchantRow.webhook_url == url)


def set_checkout_origins(transaction: Transaction, merchant_id: str, origins: tuple[str, ...]) -> None:
    """Adds which sites may frame the checkout page; refused (label MERCHANT) without such a merchant."""
    actions: list[Action] = [MerchantRow.checkout_origins.set(list(origins))]
    transaction.update(MERCHANT, MerchantRow(merchant_id), actions, MerchantRow.id.exists())


def replace_webhook_secret(merchant_id: str, old: str, new: str, old_until: datetime) -> bool:
    """Makes `new` the secret and lets `old` sign until then; False where the secret is not `old` any more."""
    actions: list[Action] = [
        MerchantRow.webhook_secret.set(new),
        MerchantRow.previous_secret.set(old),
        MerchantRow.previous_secret_until.set(to_iso(old_until)),
    ]
    return _update_if(merchant_id, actions, MerchantRow.webhook_secret == old)


def _update_if(merchant_id: str, actions: list[Action], condition: Condition) -> bool:
    with unavailable_when_aws_fails():
        try:
            MerchantRow(merchant_id).update(actions=actions, condition=condition)
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            raise
    return True
