"""The orchestrator as the command line sees it: Prefect's REST API, without importing Prefect."""
