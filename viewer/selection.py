"""Choices that a link carries: each is a widget whose value stands in the address as ``key=id``.

Ids and not labels, so that a link outlives a change of wording. (Streamlit's own binding of widgets to the
address writes labels, and leaves out what happens to be first today.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

from viewer.parts import escape


def pick(
    label: str, options: Sequence[str], key: str, words: Callable[[str], str] = str, *,
    style: Literal["list", "buttons"] = "list", note: str | None = None,
) -> str:
    """Let the reader choose one of ``options``; the first where neither link nor reader has said otherwise.

    A choice lasts as long as the visit, also while other pages are shown. A link that asks for what is not
    here is answered with a warning: a reader must not take one study for another.
    """
    asked = st.session_state.get(key) or st.query_params.get(key)
    if asked not in options:
        if asked is not None:
            st.warning(f"{escape(label)}: there is no “{escape(asked)}” here; showing {escape(words(options[0]))}.")
        asked = options[0]
    st.session_state[key] = asked
    if style == "list":
        chosen = st.selectbox(label, options, key=key, format_func=words, help=note, persist_state="session")
    else:
        chosen = st.segmented_control(label, options, key=key, format_func=words, help=note, required=True,
                                      persist_state="session")
    value = str(chosen or asked)
    if st.query_params.get(key) != value:
        st.query_params[key] = value
    return value
