// What shoppers talk to; it asks everyone else.
import { createSocket } from 'node:dgram'
import { get, serveHttp } from '../http.ts'
import { joinShop } from '../member.ts'

const shop = joinShop()
const resolver = createSocket(shop.names.host === '::1' ? 'udp6' : 'udp4')
resolver.on('error', () => {})
let requests = 0

serveHttp(shop.storefront, async (path) => {
  const turn = requests++
  resolver.send(`catalog.shop.example ${turn}`, shop.names.port, shop.names.host)
  const articles = await get(shop.catalog, path)
  // A page without recommendations is still a page.
  if (turn % 2 === 0) await get(shop.recommendations, path, { fresh: true }).catch(() => '')
  if (turn % 3 === 0) await get(shop.cart, path)
  if (turn % 5 === 0) await get(shop.payments, '/pay', { fresh: true })
  return articles
})
