// Takes money: a fresh connection to the ledger for each payment.
import { call, serveHttp } from '../http.ts'
import { joinShop } from '../member.ts'

const shop = joinShop()

serveHttp(shop.payments, () => call(shop.ledger, '/entries', { method: 'POST', fresh: true }))
