// The flaky one: away for some seconds of each twenty (connects are refused), and now and then it resets.
import { createServer } from 'node:http'
import { joinShop } from '../member.ts'

const PERIOD_MS = 20_000
const AWAY_MS = 4000
const RESET_EVERY = 7

const address = joinShop().recommendations
let requests = 0
const server = createServer((_request, response) => {
  requests++
  if (requests % RESET_EVERY === 0) response.socket?.resetAndDestroy()
  else response.writeHead(200, { connection: 'close' }).end('{"articles":[3,1,4]}')
})
server.listen(address)
setInterval(() => {
  server.close()
  server.closeAllConnections()
  setTimeout(() => server.listen(address), AWAY_MS)
}, PERIOD_MS)
