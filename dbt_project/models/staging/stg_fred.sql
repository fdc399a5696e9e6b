{{ headline_rows('fred') }}
