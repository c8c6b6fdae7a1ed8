"""Cuts Tempest's pauses. It waits ten seconds before every subnet it deletes and polls by the
second, for clouds that are slow; its deadlines are by the clock and stay."""

import time

PAUSE_SECONDS_MAX = 0.05

_pause = time.sleep
time.sleep = lambda seconds: _pause(min(seconds, PAUSE_SECONDS_MAX))
