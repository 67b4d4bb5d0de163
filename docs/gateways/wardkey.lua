-- Asks Wardkey about a request: the action `http-request lua.wardkey` of haproxy.cfg.
--
-- It sets the variable txn.verdict to `good`, txn.signed to the signed identity where there is one, and
-- the identity's headers when Wardkey says 200, and
-- answers the client otherwise.

local WARDKEY = "http://127.0.0.1:8081/tokens/validate"  -- the frontend `verify`
local LIMIT = 4000  -- milliseconds; the backend `wardkey` has a shorter one, which counts

local IDENTITY = {
    "x-wardkey-organization",
    "x-wardkey-service-account",
    "x-wardkey-service-account-id",
    "x-wardkey-token",
    "x-wardkey-scopes",
}
local PASSED_ON = { "authorization", "x-request-id", "x-forwarded-for" }
local ANSWERED = { "content-type", "www-authenticate", "cache-control", "x-request-id", "x-content-type-options" }

local function refuse(txn, status, headers, body)
    local reply = txn:reply({ status = status })
    for name, value in pairs(headers) do
        reply:add_header(name, value)
    end
    reply:set_body(body)
    txn:done(reply)
end

local function first(headers, name)
    return headers and headers[name] and headers[name][0]
end

core.register_action("wardkey", { "http-req" }, function(txn)
    local sent, asked = txn.http:req_get_headers(), {}
    for _, name in ipairs(PASSED_ON) do
        if sent[name] then
            asked[name] = {}
            -- All of them: two Authorization headers are for Wardkey to refuse.
            for place = 0, #sent[name] do
                table.insert(asked[name], sent[name][place])
            end
        end
    end
    local needed = txn:get_var("txn.needed")
    local answer = core.httpclient():get({
        url = needed and (WARDKEY .. "?" .. needed) or WARDKEY,
        headers = asked,
        timeout = LIMIT,
    })

    if answer and answer.status == 200 and first(answer.headers, IDENTITY[1]) then
        for _, name in ipairs(IDENTITY) do
            txn.http:req_set_header(name, first(answer.headers, name) or "")
        end
        txn:set_var("txn.signed", first(answer.headers, "authorization") or "")
        txn:set_var("txn.verdict", "good")
    elseif answer and (answer.status == 401 or answer.status == 403) then
        local told = {}
        for _, name in ipairs(ANSWERED) do
            told[name] = first(answer.headers, name)
        end
        refuse(txn, answer.status, told, answer.body or "")
    else
        refuse(txn, 503, { ["retry-after"] = "1" }, "")
    end
end)
