// The load: a few people who look around and sometimes buy.
import { setTimeout as sleep } from 'node:timers/promises'
import { get } from '../http.ts'
import { joinShop } from '../member.ts'

const SHOPPERS = 3
const THINK_MS_MEAN = 600

const shop = joinShop()

async function browse(shopper: number): Promise<never> {
  for (let page = 0; ; page++) {
    // A shopper comes back with a fresh connection now and then. Services may still be starting.
    await get(shop.storefront, `/${shopper}/${page}`, { fresh: page % 8 === 7 }).catch(() => '')
    await sleep(THINK_MS_MEAN * (0.5 + Math.random()))
  }
}

for (let shopper = 0; shopper < SHOPPERS; shopper++) void browse(shopper)
