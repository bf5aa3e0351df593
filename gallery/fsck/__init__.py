"""The inspection of the library: whether rows and objects agree, what is lost, spoilt, unknown or stuck.

It reports; with `repair` it also mends what can be mended without losing anything, looking again at the moment of
each change. A second run right after it changes nothing.
"""

from gallery.fsck.findings import Finding, Kind, Report
from gallery.fsck.inspection import Options, inspect

__all__ = ["Finding", "Kind", "Options", "Report", "inspect"]
