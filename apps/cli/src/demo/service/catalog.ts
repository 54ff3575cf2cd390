// What the shop sells; half of it comes from the cache.
import { cacheClient } from '../cache-client.ts'
import { serveHttp } from '../http.ts'
import { joinShop } from '../member.ts'

const shop = joinShop()
const cached = cacheClient(shop.cache)
const ARTICLES = Array.from({ length: 120 }, (_, i) => ({
  id: i + 1,
  name: `article ${i + 1}`,
  price: 7 * (i + 1),
}))

serveHttp(shop.catalog, async (path) => {
  await cached(`catalog${path}`)
  const [, id] = path.slice(1).split('/')
  const shown = id === undefined ? ARTICLES : ARTICLES.find((article) => article.id === Number(id))
  return shown && JSON.stringify(shown)
})
