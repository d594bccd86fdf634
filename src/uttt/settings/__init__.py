"""What a host may set: one frozen, typed object, and how it is read.

`values` turns text into values and back, `fields` names the settings, `sources` collects them from
the file, the environment and the command line. Nothing here may act on a setting: no sockets, no
logging, no database.
"""

from uttt.settings.fields import Settings
from uttt.settings.sources import LoadedSettings, SettingsError, load

__all__ = ["LoadedSettings", "Settings", "SettingsError", "load"]
