"""What there is to visit and to buy: venues, products, prices, opening hours. It knows no order and no person."""
