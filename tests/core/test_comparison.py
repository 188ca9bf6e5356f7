"""The comparison of two texts, word by word."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from factcheck.core import comparison

texts = st.text(alphabet="ab \n", max_size=60)


@given(texts, texts)
def test_the_parts_give_both_texts(before: str, after: str) -> None:
    parts = comparison.of_texts(before, after)
    assert "".join(text for kind, text in parts if kind != "added") == before
    assert "".join(text for kind, text in parts if kind != "removed") == after
    assert all(text for _kind, text in parts)
    assert all(one[0] != other[0] for one, other in pairwise(parts))
