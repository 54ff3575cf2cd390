// The load: a few people who look around and sometimes buy. One in eight pages asks to be traced.
import { setTimeout as sleep } from 'node:timers/promises'
import { call } from '../http.ts'
import { joinShop } from '../member.ts'

const SHOPPERS = 3
const THINK_MS_MEAN = 600
/** More than the shop has: now and then somebody follows an old link. */
const ARTICLES = 130
const WORDS = ['tea', 'kettle', 'blue cup']
/** Captured in full where a sampling rule asks for the header. */
const TRACED = { 'x-trace-sampling': 'high' }

const shop = joinShop()

async function browse(shopper: number): Promise<never> {
  for (let page = 0; ; page++) {
    // A shopper comes back with a fresh connection now and then. Services may still be starting.
    await call(shop.storefront, pathOf(shopper, page), {
      method: page % 10 === 9 ? 'POST' : 'GET',
      fresh: page % 8 === 7,
      headers: page % 8 === 2 ? TRACED : {},
    }).catch(() => '')
    await sleep(THINK_MS_MEAN * (0.5 + Math.random()))
  }
}

/** Ten pages: the front, articles and searches, the cart, and the till. */
function pathOf(shopper: number, page: number): string {
  const turn = page % 10
  if (turn === 0) return '/'
  if (turn === 9) return '/checkout'
  if (turn % 4 === 0) return `/carts/${shopper + 1}`
  if (turn % 3 === 0) return `/search?q=${encodeURIComponent(WORDS[page % WORDS.length]!)}`
  return `/articles/${1 + Math.floor(Math.random() * ARTICLES)}`
}

for (let shopper = 0; shopper < SHOPPERS; shopper++) void browse(shopper)
