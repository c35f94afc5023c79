"""The rows of everything about access: merchants, API keys, log-ins, sessions, throttles, the audit trail."""

from pynamodb.models import Model

from gateway.adapters.aws.dynamodb import indexes
from gateway.adapters.aws.dynamodb.mapping.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from gateway.adapters.aws.dynamodb.mapping.models import FlatModel


class MerchantRow(FlatModel):
    """Table `merchants`."""

    class Meta:
        table_name = "merchants"

    id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute()
    email = UnicodeAttribute()
    active = BooleanAttribute()
    webhook_url = UnicodeAttribute(null=True)
    webhook_secret = UnicodeAttribute()
    previous_secret = UnicodeAttribute(null=True)
    previous_secret_until = UnicodeAttribute(null=True)
    checkout_origins = JSONAttribute(null=True)
    session_version = NumberAttribute(null=True)
    active_keys = NumberAttribute(null=True)
    chaos = JSONAttribute(null=True)
    acquirer_account = UnicodeAttribute(null=True)
    limits = JSONAttribute(null=True)
    # None: those that are sent unless others are asked for.
    webhook_events = JSONAttribute(null=True)
    added_endpoints = JSONAttribute(null=True)
    endpoints_version = NumberAttribute(null=True)
    created_at = UnicodeAttribute()


class ApiKeyRow(FlatModel):
    """Table `api-keys`."""

    class Meta:
        table_name = "api-keys"

    api_key = UnicodeAttribute(hash_key=True)
    merchant_id = UnicodeAttribute()
    secret_hash = UnicodeAttribute()
    active = BooleanAttribute()
    created_at = UnicodeAttribute()
    expires_at = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    rights = JSONAttribute(null=True)
    valid_until = UnicodeAttribute(null=True)
    addresses = JSONAttribute(null=True)
    stage = UnicodeAttribute(null=True)
    last_used_at = UnicodeAttribute(null=True)

    by_merchant = indexes.ApiKeysByMerchant()


class LoginRow(FlatModel):
    """Table `logins`: who may log in to the dashboard, by e-mail address in lower case."""

    class Meta:
        table_name = "logins"

    email = UnicodeAttribute(hash_key=True)
    merchant_id = UnicodeAttribute()
    # None until an invitation is accepted.
    password_hash = UnicodeAttribute(null=True)
    updated_at = UnicodeAttribute()
    role = UnicodeAttribute(null=True)
    refund_limit = NumberAttribute(null=True)
    version = NumberAttribute(null=True)
    revision = NumberAttribute(null=True)
    created_at = UnicodeAttribute(null=True)
    link_hash = UnicodeAttribute(null=True)
    link_until = UnicodeAttribute(null=True)
    totp_secret = UnicodeAttribute(null=True)
    totp_pending = UnicodeAttribute(null=True)
    totp_step = NumberAttribute(null=True)
    recovery = JSONAttribute(null=True)

    by_merchant = indexes.LoginsByMerchant()


class SessionRow(FlatModel):
    """Table `sessions`; DynamoDB deletes a row some time after `expires_at` (unix seconds)."""

    class Meta:
        table_name = "sessions"

    id = UnicodeAttribute(hash_key=True)
    merchant_id = UnicodeAttribute()
    email = UnicodeAttribute()
    version = NumberAttribute()
    created_at = UnicodeAttribute()
    expires_at = NumberAttribute()
    stage = UnicodeAttribute(null=True)
    confirmed_at = UnicodeAttribute(null=True)
    user_version = NumberAttribute(null=True)
    source = UnicodeAttribute(null=True)

    by_email = indexes.SessionsByEmail()


class ThrottleRow(FlatModel):
    """Table `throttles`: what was used of a limit in a window; deleted some time after `expires_at`."""

    class Meta:
        table_name = "throttles"

    id = UnicodeAttribute(hash_key=True)
    used = NumberAttribute()
    expires_at = NumberAttribute()


class AuditRow(FlatModel):
    """Table `audit`; rows are only ever added."""

    class Meta:
        table_name = "audit"

    id = UnicodeAttribute(hash_key=True)
    merchant_id = UnicodeAttribute()
    created_at = UnicodeAttribute()
    actor = UnicodeAttribute()
    action = UnicodeAttribute()
    object = UnicodeAttribute()
    details = JSONAttribute()
    source = UnicodeAttribute(null=True)
    request_id = UnicodeAttribute(null=True)
    api_key = UnicodeAttribute(null=True)
    # In rows since there is a chain: which part of the index they are in.
    shard = UnicodeAttribute(null=True)

    by_time = indexes.AuditByTime()
    by_merchant = indexes.AuditByMerchant()


class AuditChainRow(FlatModel):
    """Table `audit-chain`: blocks under their numbers, and the newest number and digest under `head`.

    Only the sweeper's role writes here.
    """

    class Meta:
        table_name = "audit-chain"

    id = UnicodeAttribute(hash_key=True)
    number = NumberAttribute()
    digest = UnicodeAttribute()
    previous = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    # Pairs of an entry's id and its digest, in the order of the chain.
    links = JSONAttribute(null=True)


ACCESS_ROWS: dict[type[Model], str] = {
    MerchantRow: "merchants",
    ApiKeyRow: "api-keys",
    LoginRow: "logins",
    SessionRow: "sessions",
    ThrottleRow: "throttles",
    AuditRow: "audit",
    AuditChainRow: "audit-chain",
}
