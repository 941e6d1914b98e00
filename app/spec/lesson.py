"""A lesson: what a teacher's link carries beside the layer and where to stand in it.

Words to read, what is out of the way, and whether sums are to be guessed first. It lives in the
link and nowhere else; the story's scenes are lessons with a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Literal, Self, get_args

Hidden = Literal["operation", "phase", "numbers", "settings", "beside"]
HIDDEN: Final[tuple[Hidden, ...]] = get_args(Hidden)

LONGEST: Final = {"title": 80, "text": 600}  # characters


@dataclass(frozen=True)
class Lesson:
    """See the module. ``name`` is a scene's; ``text`` has a paragraph a line.

    >>> Lesson.of({"title": "Corners", "hide": "settings.junk", "predict": "1"}).query()
    {'title': 'Corners', 'hide': 'settings', 'predict': '1'}
    """

    name: str = ""
    title: str = ""
    text: str = ""
    hide: tuple[Hidden, ...] = ()
    predict: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """From query parameters; what is too long is cut, what is unknown left out."""
        asked = query.get("hide", "").split(".")
        return cls(
            name=query.get("lesson", "")[:40],
            title=query.get("title", "").strip()[: LONGEST["title"]],
            text=query.get("text", "").replace("\r\n", "\n").strip()[: LONGEST["text"]],
            hide=tuple(one for one in HIDDEN if one in asked),
            predict=query.get("predict") == "1",
        )

    def query(self) -> dict[str, str]:
        """The query parameters that give it again."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        given |= {"hide": ".".join(self.hide), "predict": "1" if self.predict else ""}
        given["lesson"] = given.pop("name")
        return {name: value for name, value in given.items() if value}
