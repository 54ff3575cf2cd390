// What shoppers talk to; it asks everyone else.
import { createSocket } from 'node:dgram'
import { call, serveHttp } from '../http.ts'
import { joinShop } from '../member.ts'

const shop = joinShop()
const resolver = createSocket(shop.names.host === '::1' ? 'udp6' : 'udp4')
resolver.on('error', () => {})
let requests = 0

serveHttp(shop.storefront, async (path) => {
  resolver.send(`catalog.shop.example ${requests++}`, shop.names.port, shop.names.host)
  const [page, id] = path.slice(1).split(/[/?]/)
  switch (page) {
    case 'carts':
      return call(shop.cart, `/carts/${id}`)
    case 'checkout':
      return call(shop.payments, '/payments', { method: 'POST', fresh: true })
    case 'articles': {
      // A page without recommendations is still a page.
      await call(shop.recommendations, `/recommendations?article=${id}`, { fresh: true }).catch(() => '')
      return call(shop.catalog, `/articles/${id}`)
    }
    default:
      return call(shop.catalog, '/articles')
  }
})
