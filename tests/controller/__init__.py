"""Tests of the Controller client, and the scripted Controller they talk to."""
