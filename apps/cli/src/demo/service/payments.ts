// Takes money: a fresh connection to the ledger for each payment.
import { get, serveHttp } from '../http.ts'
import { joinShop } from '../member.ts'

const shop = joinShop()

serveHttp(shop.payments, (path) => get(shop.ledger, path, { fresh: true }))
