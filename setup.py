"""What pyproject.toml cannot say: the dependencies are the pins of requirements.txt, without its line for pip."""

from pathlib import Path

from setuptools import setup

LINES = Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8").splitlines()

setup(install_requires=[line for line in LINES if line and not line.startswith(("#", "-"))])
