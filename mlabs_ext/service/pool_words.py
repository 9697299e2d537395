"""Friendly names for those who lend: what others see of them."""

from __future__ import annotations

import secrets

HOW = """
able agile amber brave breezy bright brisk calm candid cheery clever cosy curious daring deft eager
early earnest fair fleet fond frank gentle glad golden graceful handy happy hardy honest humble
jolly keen kind lively loyal lucky mellow merry mighty modest neat nimble noble patient plucky
polite proud quick quiet ready rosy silver sincere smart snug spry steady sunny swift tidy warm wise
witty
"""
WHO = """
alpaca badger beaver bee bison bunting camel condor crane cricket curlew deer dolphin dove duck
eagle egret falcon ferret finch firefly fox frog gecko goose hare hawk hedgehog heron ibex ibis
jackdaw kestrel koala lark linnet lizard llama lynx magpie marmot marten mole moose newt nightingale
orca oriole otter owl panda pelican penguin plover puffin rabbit raven robin salmon seal sparrow
squirrel stork swallow swan tapir thrush tortoise toucan turtle vole wagtail walrus whale wombat
wren yak zebra
"""


def friendly() -> str:
    """A name; two may have the same."""
    return f"{secrets.choice(HOW.split())}-{secrets.choice(WHO.split())}"
