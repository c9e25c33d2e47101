"""Tables for programs: Parquet, Hugging Face datasets, streams of large tables, suggestions."""
