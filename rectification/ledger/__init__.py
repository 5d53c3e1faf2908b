"""The ledger as a workbook: the plan comes in, the ledger goes out, in the columns of the field."""
