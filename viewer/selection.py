"""Choices that a link carries: each is a widget whose value stands in the address as ``key=id``.

Ids and not labels, so that a link outlives a change of wording. (Streamlit's own binding of widgets to the
address writes labels, and leaves out what happens to be first today.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    asked = asked_for(key)
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
    _into_address(key, value)
    return value


def typed(label: str, key: str, *, hint: str, note: str | None = None) -> str:
    """Let the reader type some words, which a link carries too; empty where nothing is asked for."""
    st.session_state[key] = asked_for(key) or ""
    value = str(st.text_input(label, key=key, placeholder=hint, help=note, icon=":material/search:",
                              persist_state="session") or "").strip()
    _into_address(key, value)
    return value


def asked_for(key: str) -> str | None:
    """What the link asks for where it has just been followed, else what the reader chose last; None if neither."""
    there = st.query_params.get(key)
    followed = there is not None and there != st.session_state.get(_written(key))
    kept: str | None = st.session_state.get(key, there)
    return there if followed else kept


def change(key: str, value: str) -> None:
    """Choose in the reader's place, before the widget of ``key`` is shown."""
    st.session_state[key] = value
    _into_address(key, value)


def link(page: str, label: str, chosen: Mapping[str, str], *, icon: str = ":material/arrow_forward:") -> None:
    """A link to another page of the same results, with what is to be chosen there."""
    results = {"results": st.query_params["results"]} if "results" in st.query_params else {}
    # The address alone tells pages apart: this one is never run.
    st.page_link(st.Page(lambda: None, title=label, url_path=page), label=escape(label), icon=icon,
                 query_params=results | dict(chosen))


def _into_address(key: str, value: str) -> None:
    """Write a choice into the address; an empty one leaves it. What was written tells a link from a choice."""
    st.session_state[_written(key)] = value
    if not value:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value


def _written(key: str) -> str:
    return f"{key} in the address"
