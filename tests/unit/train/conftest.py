"""What the tests of the trainer need: its compiled part, built if it is older than its sources."""

from train import build

build.build()
