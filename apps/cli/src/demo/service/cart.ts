// Carts of the shoppers, kept in the cache. Listens on IPv6 where there is one.
import { cacheClient } from '../cache-client.ts'
import { serveHttp } from '../http.ts'
import { joinShop } from '../member.ts'

const shop = joinShop()
const cached = cacheClient(shop.cache)

serveHttp(shop.cart, async (path) => JSON.stringify({ cart: await cached(`cart${path}`) }))
