{{ headline_rows('ft900') }}
