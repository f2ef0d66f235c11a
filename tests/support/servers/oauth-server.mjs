// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// oidc-provider, and behind it @tus/server, which takes its tokens alone. Usage: oauth-server.mjs --port N --folder DIR --tools
// DIR, where DIR/servers has their packages.
//
// Its issuer is http://127.0.0.1:PORT, its public client "kiosk" (device flow, authorization code), its confidential one "robot"
// with the secret "pl4nted-robots-secret" (client credentials). A refresh token is good once. POST /control: {"seconds": N} is how
// long access tokens live that are given from now on; {"approve": CODE} and {"deny": CODE} are what a person does on the page of
// a device flow; {"revoke": true} ends every sign-in and its tokens, {"spoil": true} the access tokens alone; {"dark": true} has
// the sign-in server answer nothing but 503, with Retry-After where {"retry_after": N} was said, {"delay_ms": N} lets each request for tokens wait;
// {"together": N} has the next N chunks wait for each other, and refuses the token of all of them in one moment. GET /control tells what it saw.
import http from 'node:http';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';
import {json} from 'node:stream/consumers';
import {parseArgs} from 'node:util';

const text = {type: 'string'};
const {values} = parseArgs({options: {port: text, folder: text, tools: text}});
const packages = createRequire(`${values.tools}/servers/`);
const load = name => import(pathToFileURL(packages.resolve(name)).href);
// It says of each development default that it is one.
console.info = console.warn = () => {};
const {default: Provider} = await load('oidc-provider');
const {Server} = await load('@tus/server');
const {FileStore} = await load('@tus/file-store');

const seen = {grants: {}, refusals: {}, requests: {}, unsigned: 0, patched_bytes: 0, tokens: [], asked: 0};
const state = {seconds: 20, dark: false, delay_ms: 0, spoiled: new Set(), together: 0, waiting: []};
let provider;

function count(table, name) {
  table[name] = (table[name] ?? 0) + 1;
}

function makeProvider(issuer) {
  const made = new Provider(issuer, {
    clients: [
      {client_id: 'kiosk', token_endpoint_auth_method: 'none', application_type: 'native', response_types: ['code'],
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token', 'authorization_code'],
        redirect_uris: ['http://127.0.0.1/']},
      {client_id: 'robot', client_secret: 'pl4nted-robots-secret', grant_types: ['client_credentials'], response_types: [],
        redirect_uris: []},
    ],
    features: {deviceFlow: {enabled: true}, clientCredentials: {enabled: true}, devInteractions: {enabled: false}},
    scopes: ['openid', 'offline_access', 'upload'],
    findAccount: (_context, id) => ({accountId: id, claims: () => ({sub: id})}),
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: {AccessToken: () => state.seconds, ClientCredentials: () => state.seconds, DeviceCode: 600, Grant: 86400,
      RefreshToken: 86400, IdToken: 3600},
    interactions: {url: (_context, {uid}) => `/interaction/${uid}`},
    cookies: {keys: ['a key of this test alone']},
  });

  // Its tokens have the mark by which the tests look for secrets that are where they should not be.
  for (const kind of ['AccessToken', 'RefreshToken', 'ClientCredentials']) {
    const {prototype} = made[kind];
    const generate = prototype.generateTokenId;

    prototype.generateTokenId = function generateTokenId() {
      return `pl4nted-${generate.call(this)}`;
    };
  }

  // It leaves out how often a device may ask, which is then every five seconds (RFC 8628 section 3.2).
  made.use(async (context, next) => {
    await next();
    if (context.body?.device_code)
      context.body.interval = 1;
  });
  made.on('grant.success', ({oidc, body}) => {
    count(seen.grants, oidc.params.grant_type);
    seen.tokens.push(body.access_token, ...body.refresh_token ? [body.refresh_token] : []);
  });
  made.on('grant.error', ({oidc}, error) => {
    count(seen.refusals, error.error);
    if (error.error !== 'authorization_pending')
      count(seen.grants, oidc?.params?.grant_type);
  });
  return made;
}

// What the page of a device flow does when its person has signed in.
async function decide(userCode, isApproved) {
  const code = await provider.DeviceCode.findByUserCode(userCode.replace(/[^A-Z0-9]/gi, '').toUpperCase());

  if (isApproved) {
    const grant = new provider.Grant({accountId: 'somebody', clientId: code.clientId});

    grant.addOIDCScope(code.params.scope ?? 'openid');
    Object.assign(code, {accountId: 'somebody', scope: code.params.scope, authTime: 1, grantId: await grant.save()});
    state.grants = [...state.grants ?? [], code.grantId];
  } else {
    Object.assign(code, {error: 'access_denied', errorDescription: 'The person said no'});
  }
  await code.save(600);
}

// Whoever comes to the page of a code flow is signed in there, and allows all that is asked for.
async function interact(request, response) {
  const {params} = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({accountId: 'somebody', clientId: params.client_id});

  grant.addOIDCScope(params.scope);
  const consent = {grantId: await grant.save()};

  state.grants = [...state.grants ?? [], consent.grantId];
  return provider.interactionFinished(request, response, {login: {accountId: 'somebody'}, consent}, {mergeWithLastSubmission: false});
}

async function revoke() {
  for (const id of state.grants ?? [])
    for (const kind of ['AccessToken', 'RefreshToken'])
      await provider[kind].revokeByGrantId(id);
}

// As many have come as were to be refused together.
function refuseTogether() {
  state.together = 0;
  seen.tokens.forEach(token => state.spoiled.add(token));
  state.waiting.splice(0).forEach(resolve => resolve());
}

function waitForOthers() {
  return new Promise(resolve => {
    if (state.waiting.push(resolve) === state.together)
      refuseTogether();
  });
}

async function command({seconds, approve, deny, revoke: isRevoked, spoil, dark, delay_ms: delay, retry_after: retryAfter, together}) {
  state.seconds = seconds ?? state.seconds;
  state.dark = dark ?? state.dark;
  state.delay_ms = delay ?? state.delay_ms;
  state.retry_after = retryAfter ?? state.retry_after;
  state.together = together ?? state.together;
  if (approve)
    await decide(approve, true);
  if (deny)
    await decide(deny, false);
  if (isRevoked)
    await revoke();
  if (spoil)
    seen.tokens.forEach(token => state.spoiled.add(token));
}

async function isSigned(request) {
  const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];

  return token && !state.spoiled.has(token)
    && (await provider.AccessToken.find(token) ?? await provider.ClientCredentials.find(token));
}

function answer(response, status, document, headers) {
  response.writeHead(status, {'Content-Type': 'application/json', ...headers}).end(JSON.stringify(document));
}

async function takeUpload(tus, request, response) {
  if (request.method === 'PATCH' && state.together > 0)
    await waitForOthers();
  if (!await isSigned(request)) {
    seen.unsigned++;
    return answer(response, 401, {error: 'invalid_token'}, {'WWW-Authenticate': 'Bearer error="invalid_token"'});
  }
  count(seen.requests, request.method);
  if (request.method === 'PATCH')
    seen.patched_bytes += Number(request.headers['content-length']);
  return tus.handle(request, response);
}

const tus = new Server({path: '/files', datastore: new FileStore({directory: values.folder})});
const server = http.createServer(async (request, response) => {
  const {pathname} = new URL(request.url, 'http://localhost');

  if (pathname.startsWith('/files'))
    return takeUpload(tus, request, response);
  if (pathname === '/control') {
    if (request.method === 'POST')
      await command(await json(request));
    return answer(response, 200, seen);
  }
  if (pathname === '/token') {
    seen.asked++;
    await new Promise(resolve => setTimeout(resolve, state.delay_ms));
  }
  if (state.dark)
    return answer(response, 503, {error: 'server_error'}, state.retry_after ? {'Retry-After': state.retry_after} : {});
  if (pathname.startsWith('/interaction/'))
    return interact(request, response);
  return provider.callback()(request, response);
});
server.listen(Number(values.port), '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`;

  provider = makeProvider(origin);
  console.log(`listening on ${origin}/files/`);
});
