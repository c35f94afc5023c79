"""What a batch asked of acquirers, counted for CloudWatch: one line for each acquirer at the batch's end."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.acquiring.account import acquirer_of
from gateway.domain.acquiring.attempt import SIMULATED
from gateway.domain.acquiring.results import Trouble
from gateway.runtime import metrics
from gateway.runtime.config import Config

TROUBLES = {
    Trouble.NOT_SENT: "AcquirerNotSent",
    Trouble.UNKNOWN: "AcquirerUnknown",
    Trouble.REFUSED: "AcquirerRefused",
}


@dataclass
class Asked:
    """Requests, errors by kind, and the age of the oldest whose outcome is still unknown, by acquirer."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, account: str, trouble: Trouble | None) -> None:
        """One request to an account's acquirer, and what went wrong."""
        found = self.counts.setdefault(acquirer_of(account), Counter())
        found["AcquirerRequests"] += 1
        if trouble is not None:
            found[TROUBLES[trouble]] += 1

    def note_open(self, account: str, age_seconds: float) -> None:
        """An operation about which nothing is decided yet."""
        found = self.counts.setdefault(acquirer_of(account), Counter())
        found["AcquirerOpenSeconds"] = max(found["AcquirerOpenSeconds"], int(age_seconds))

    def put(self, config: Config, now: datetime) -> None:
        """Writes the lines; of the simulated bank only where something went wrong."""
        for acquirer, found in self.counts.items():
            if acquirer != SIMULATED or set(found) - {"AcquirerRequests"}:
                metrics.put(config, now, "acquirer asked", found, acquirer=acquirer)
        self.counts = {}
