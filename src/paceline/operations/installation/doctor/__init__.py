"""The health check: every part that the work needs, one finding each, with the cure where something is wrong."""

from paceline.operations.installation.doctor.examination import examine
from paceline.operations.installation.doctor.finding import Finding

__all__ = ["Finding", "examine"]
