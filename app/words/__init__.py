"""Everything that is said, in English and 中文: sentences, formulas, catalogues.

The source holds English; ``locale/zh.po`` holds the translations (``make messages`` brings it up
to date, ``make check`` fails while one is missing). Nothing is compiled: catalogues are read when
a language is first asked for.
"""

from app.words.catalogue import DEFAULT, LANGUAGES, N_, Translate, negotiate, say, translator

__all__ = ["DEFAULT", "LANGUAGES", "N_", "Translate", "negotiate", "say", "translator"]
