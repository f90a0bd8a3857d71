"""`python -m pipelines.cli`: the `limpide` command without its script."""

from pipelines.cli.main import main

main()
