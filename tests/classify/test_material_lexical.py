"""Hashed text: what it tells apart, what it forgets, and that it is always the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

from autocode.classify.material import hashed, word_weights


def dense(texts: Sequence[str], width: int = 4096) -> np.ndarray:
    """Hashed rows with their zeros."""
    return hashed(texts, width).toarray()


def test_same_text_gives_the_same_row_alone_or_in_company():
    """A row depends on its own text only, wherever the text stands in a batch."""
    texts = [f"answer number {i} about the tools we use" for i in range(1500)]
    few = [0, 1023, 1024, 1499]
    assert np.array_equal(dense(texts, 256)[few], dense([texts[i] for i in few], 256))


@pytest.mark.row(20)
def test_same_row_in_another_process():
    """Rows do not hang on Python's hash seed."""
    code = "from autocode.classify.material import hashed; print(hashed(['one small test?'], 64).toarray().tobytes().hex())"
    runs = set()
    for seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, env=env)
        runs.add(run.stdout)
    assert runs == {dense(["one small test?"], 64).tobytes().hex() + "\n"}


def test_halves_have_about_unit_norm():
    """Words and word parts weigh the same, however long the text."""
    rows = dense(["we changed the supplier twice because of the delays " * k for k in (1, 30)], 65536)
    assert np.allclose(np.linalg.norm(rows.reshape(2, 2, 32768), axis=2), 1, atol=0.05)


def test_inner_products_follow_shared_wording():
    """Texts with more words in common have more similar rows."""
    a, b, c = dense(["the price was too high", "the price was very high", "nobody answered my letters"])
    assert a @ b > 0.8 > 0.3 > a @ c


def test_word_parts_join_inflected_words():
    """Words that share most characters are similar, though no whole word is shared."""
    a, b, c = dense(["coordination", "coordinating", "friendship"])[:, 2048:]
    assert a @ b > 0.4 > a @ c


def test_word_order_and_question_marks_count():
    """Pairs of words and question marks change the row; case does not."""
    base, turned, asked, loud = dense(["they trust us", "us trust they", "they trust us?", "THEY TRUST US"])
    assert not np.array_equal(base, turned)
    assert not np.array_equal(base, asked)
    assert np.array_equal(base, loud)


@pytest.mark.parametrize("texts", [[], [""], ["", "..."], ["", "a", ""]])
def test_empty_texts_give_empty_rows(texts):
    """A text without words is a row of zeros, never an error or a nan."""
    rows = dense(texts, 32)
    assert rows.shape == (len(texts), 32)
    assert [bool(row.any()) for row in rows] == [text == "a" for text in texts]


def test_any_script_is_hashed():
    """Letters beyond Latin and beyond the basic plane give features."""
    assert dense(["мы доверяем команде", "我们相信团队", "𐐷𐐷𐐷"], 128).any(axis=1).all()


@pytest.mark.parametrize("width", [0, 1, 33])
def test_odd_width_is_refused(width):
    """The width must hold two equal halves."""
    with pytest.raises(ValueError, match="width"):
        hashed(["a"], width)


@pytest.mark.parametrize("text", ["The badge, the badge! Why?", "one", "", "ÄRGER und İstanbul, Ὀδυσσεύς σς", "no no no"])
def test_words_share_out_the_whole_score(text: str) -> None:
    """What the words of a text add makes up its score exactly, and each span cuts out its word."""
    weights = np.random.default_rng(0).normal(size=(3, 512))
    spans, added = word_weights(text, weights)
    assert np.allclose(added.sum(axis=0), (hashed([text], 512) @ weights.T)[0], atol=1e-5)
    assert [text[a:b].lower() for a, b in spans] == [w for w in re.findall(r"[^\W_]+|[?!]", text.lower()) if w] or "İ" in text
    assert all(text[a:b].strip() == text[a:b] for a, b in spans)


def test_a_word_that_counts_is_found() -> None:
    """Weights learnt on one word give that word the most."""
    weights = hashed(["badge"], 4096).toarray() - hashed(["the tea is good here"], 4096).toarray()
    spans, added = word_weights("the badge is here", weights)
    assert spans[int(np.argmax(added[:, 0]))] == (4, 9)
