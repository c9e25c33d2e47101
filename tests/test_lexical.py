"""Hashed text: what it tells apart, what it forgets, and that it is always the same."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from autocode.lexical import sketch


def test_same_text_gives_the_same_row_alone_or_in_company():
    """A row depends on its own text only, wherever the text stands in a batch."""
    texts = [f"answer number {i} about the tools we use" for i in range(1500)]
    assert np.array_equal(sketch(texts, 256)[[0, 1023, 1024, 1499]], sketch([texts[i] for i in (0, 1023, 1024, 1499)], 256))


def test_same_row_in_another_process():
    """Rows do not hang on Python's hash seed."""
    code = "import numpy; from autocode.lexical import sketch; print(sketch(['one small test?'], 64).tobytes().hex())"
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, env={"PYTHONHASHSEED": s, "PYTHONPATH": ":".join(sys.path)}).stdout for s in ("1", "2")}  # fmt: skip
    assert runs == {sketch(["one small test?"], 64).tobytes().hex() + "\n"}


def test_halves_have_about_unit_norm():
    """Words and word parts weigh the same, however long the text."""
    rows = sketch(["we changed the supplier twice because of the delays " * k for k in (1, 30)], 4096).astype(float)
    halves = np.linalg.norm(rows.reshape(2, 2, 2048), axis=2)
    assert np.all(np.abs(halves - 1) < 0.15)


def test_inner_products_follow_shared_wording():
    """Texts with more words in common have more similar rows."""
    a, b, c = sketch(["the price was too high", "the price was very high", "nobody answered my letters"], 4096).astype(float)
    assert a @ b > 0.8 > 0.3 > abs(a @ c)


def test_word_parts_join_inflected_words():
    """Words that share most characters are similar, though no whole word is shared."""
    a, b, c = sketch(["coordination", "coordinating", "friendship"], 4096)[:, 2048:].astype(float)
    assert a @ b > 0.4 > abs(a @ c)


def test_word_order_and_question_marks_count():
    """Pairs of words and question marks change the row; case does not."""
    base, turned, asked, loud = sketch(["they trust us", "us trust they", "they trust us?", "THEY TRUST US"], 1024)
    assert not np.array_equal(base, turned)
    assert not np.array_equal(base, asked)
    assert np.array_equal(base, loud)


@pytest.mark.parametrize("texts", [[], [""], ["", "..."], ["", "a", ""]])
def test_empty_texts_give_zero_rows(texts):
    """A text without words is a row of zeros, never an error or a nan."""
    rows = sketch(texts, 32)
    assert rows.shape == (len(texts), 32)
    assert [bool(row.any()) for row in rows] == [text == "a" for text in texts]


def test_any_script_is_hashed():
    """Letters beyond Latin and beyond the basic plane give features."""
    rows = sketch(["мы доверяем команде", "我们相信团队", "𐐷𐐷𐐷"], 128)
    assert rows.any(axis=1).all()


@pytest.mark.parametrize("width", [0, 1, 33])
def test_odd_width_is_refused(width):
    """The width must hold two equal halves."""
    with pytest.raises(ValueError, match="width"):
        sketch(["a"], width)
