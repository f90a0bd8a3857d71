"""The `limpide` command: arguments, exit codes, printing, in French. Does not belong here: any work."""
