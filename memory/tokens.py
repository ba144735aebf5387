"""How many tokens a text is, roughly: an estimate that errs high, and needs no tokenizer."""

import math
import re

_CJK = re.compile(
    "[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003134f]"
)


def approximate_tokens(text: str) -> int:
    """Return the estimated token count of `text` for a large model.

    ceil(ASCII characters / 3.6 + CJK characters x 1.0 + other characters x 0.5), fitted on chat,
    Markdown, code, JSON and Chinese text against cl100k and o200k: 3 to 27 % high on Latin text,
    within 10 % on Chinese.
    """
    ascii_chars = sum(map(str.isascii, text)) if not text.isascii() else len(text)
    cjk = len(_CJK.findall(text)) if ascii_chars < len(text) else 0
    other = len(text) - ascii_chars - cjk
    return math.ceil(ascii_chars / 3.6 + cjk + other * 0.5)
