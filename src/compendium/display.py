"""What a notebook shows: a table, a sentence, a figure, each the same from run to run."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING

from IPython.display import HTML, Image, Markdown, display

if TYPE_CHECKING:
    from great_tables import GT
    from matplotlib.figure import Figure

RESOLUTION = 144
PLACEHOLDER = "table-id-to-come"


def say(text: str) -> None:
    """Shows a sentence or more of Markdown; nothing for a text without words."""
    if text.strip():
        display(Markdown(text))


def show(table: GT) -> None:
    """Shows a table; its id is made from its content, so that it is the same in every run."""
    display(HTML(table_html(table)))


def table_html(table: GT) -> str:
    """The table as HTML under an id of eight hexadecimal digits of its own SHA-256."""
    html = table.with_id(PLACEHOLDER).as_raw_html()
    return html.replace(PLACEHOLDER, "t" + hashlib.sha256(html.encode()).hexdigest()[:8])


def picture(figure: Figure, alt: str = "") -> None:
    """Shows a figure as a PNG, `alt` to those who can't see it, and closes the figure."""
    display(Image(data=png(figure)), metadata={"image/png": {"alt": alt}} if alt else None)
    close(figure)


def png(figure: Figure, resolution: int = RESOLUTION) -> bytes:
    """The figure's PNG, without the drawing program's version in it."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=resolution, bbox_inches="tight", metadata={"Software": None})
    return buffer.getvalue()


def close(figure: Figure) -> None:
    """Forgets the figure, so that the inline backend doesn't show it a second time."""
    import matplotlib.pyplot as plt

    plt.close(figure)
