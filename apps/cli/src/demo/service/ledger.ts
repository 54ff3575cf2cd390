// Keeps the books of the shop.
import { serveHttp } from '../http.ts'
import { joinShop } from '../member.ts'

let entries = 0
serveHttp(joinShop().ledger, () => JSON.stringify({ entry: ++entries }))
