"""Every table there is: importing this completes the metadata, for migrations and whoever looks at all of it."""

import app.access.tables
import app.attention.tables
import app.catalogue.tables
import app.commitments.tables
import app.customers.tables
import app.directory.tables
import app.exchange.tables
import app.kernel.following
import app.kernel.idempotency
import app.kernel.jobs
import app.kernel.lanes
import app.kernel.outbox
import app.recognition.tables
import app.ripple.tables
import app.service_levels.tables
import app.suggestions.tables
import app.tickets.tables
import app.webhooks.tables  # noqa: F401
from app.kernel.database import metadata

__all__ = ["metadata"]
