"""调度表 on paper: one table for print, Word and Excel."""
