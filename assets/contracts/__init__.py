"""What every table is: its schema, name, grain, and columns with type, unit and meaning.

dbt's tables are read from its project (`models.py`), those that Python writes are declared here once. SQL in Python takes
the names of tables from here alone. How a table is filled does not belong here.
"""
