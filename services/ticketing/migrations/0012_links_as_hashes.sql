-- An order's link opens it, so of new orders `token` is the link's hash; whoever repeats the request that placed an order is
-- told its link from sealed_link, which that request's key alone opens. Links that lie here in clear are hashed when a week
-- is over in which they may still be asked for again. The release before finds no page of an order that this one placed.
ALTER TABLE orders ADD COLUMN sealed_link bytea;
-- Empty once all are hashed.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX orders_links_in_clear ON orders (placed_at) WHERE length(token) < 64;
