"""What commitments publish to the layers above."""

from app.commitments.commitments import commitment, some_commitments
from app.commitments.schemas import Commitment

__all__ = ["Commitment", "commitment", "some_commitments"]
