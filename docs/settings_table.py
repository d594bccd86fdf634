"""The table of settings in docs/hosting.md, made from the settings themselves.

Prose on hosting never belongs here; the sentences on each setting stand in `uttt.settings.fields`.
"""

from uttt.settings import Settings
from uttt.settings.sources import variable


def settings_table() -> str:
    """A Markdown table with a row per setting, in the order of the class, ending in a newline."""
    defaults = Settings().printable()
    rows = [
        "| Setting | Environment | Default | Meaning |",
        "|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = f"`{defaults[name]}`" if defaults[name] else "(empty)"
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{name}` | `{variable(name)}` | {default} | {meaning} |")
    return "\n".join(rows) + "\n"
