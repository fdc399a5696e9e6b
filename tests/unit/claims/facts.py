"""Empty fact tables, with the columns that tell which files a claim rests on."""

EMPTY_FACTS = """
    create schema intermediate;
    create table intermediate.int_commodity_value (source varchar, level varchar, flow varchar, frequency varchar,
        period_start date, vintage date, file_id varchar);
    create table intermediate.int_trade_value (source varchar, concept varchar, basis varchar, adjustment varchar,
        flow varchar, partner_code varchar, frequency varchar, period_start date, vintage date, file_id varchar);
"""
