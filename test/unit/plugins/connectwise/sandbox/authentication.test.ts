import { afterEach, describe, expect, test } from 'vitest';
import { SANDBOX_LOGIN } from '../../../../../plugins/connectwise/sandbox/seed.js';
import { type SandboxApi, startSandboxApi } from '../../../../support/sandbox-api.js';

let api: SandboxApi;
afterEach(() => api.close());

const wrong = { username: 'sandboxPublicKey', password: 'wrong' };
const { keys, integrator, withoutBilling } = SANDBOX_LOGIN;
const asIntegrator = { login: integrator, headers: { 'x-cw-usertype': 'integrator' } };

describe('companyinfo', () => {
  test('answers without a login, and null for an unknown company', async () => {
    api = await startSandboxApi();
    const known = await fetch(`${api.url}/login/companyinfo/company_f`);
    expect(await known.json()).toMatchObject({ Codebase: 'v2025_1/', CompanyID: 'company_f', IsCloud: true });
    const unknown = await fetch(`${api.url}/login/companyinfo/somebody`);
    expect(unknown.status).toBe(200);
    expect(await unknown.json()).toBeNull();
  });
});

describe('a login', () => {
  test('is refused with 401, or on a cloud site with 404 and HTML', async () => {
    api = await startSandboxApi();
    const refused = await api.get('/service/boards', {}, { login: wrong });
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'Unauthorized', errors: null });
    api.options.cloud = true;
    const onCloud = await api.get('/service/boards', {}, { login: wrong });
    expect(onCloud.status).toBe(404);
    expect(onCloud.headers.get('content-type')).toContain('text/html');
  });

  test('is refused for another company, and for the company in another case', async () => {
    api = await startSandboxApi();
    expect((await api.get('/service/boards', {}, { company: 'somebody' })).status).toBe(401);
    expect((await api.get('/service/boards', {}, { company: 'COMPANY_F' })).status).toBe(401);
  });

  test.each([400, 401, 403] as const)(
    'without a client id is answered %i where one is required',
    async status => {
      api = await startSandboxApi({ clientIdRequired: status });
      expect((await api.get('/service/boards', {}, { headers: { clientid: '' } })).status).toBe(status);
      expect((await api.get('/service/boards')).status).toBe(200);
    },
  );

  test('of an integrator needs its own header, and may be refused altogether', async () => {
    api = await startSandboxApi();
    expect((await api.get('/service/boards', {}, { login: integrator })).status).toBe(401);
    expect((await api.get('/service/boards', {}, asIntegrator)).status).toBe(200);
    expect((await api.get('/service/boards', {}, { ...asIntegrator, login: keys })).status).toBe(401);
    api.options.integratorLogins = 'refused';
    expect((await api.get('/service/boards', {}, asIntegrator)).status).toBe(401);
  });

  test('without a right is refused there with 403, and works elsewhere', async () => {
    api = await startSandboxApi();
    const login = withoutBilling;
    const refused = await api.get('/finance/agreements', {}, { login });
    expect(refused.status).toBe(403);
    expect(refused.json).toMatchObject({ code: 'Security' });
    expect((await api.get('/service/boards', {}, { login })).status).toBe(200);
  });

  test('restricted to its own records sees the others as empty lists', async () => {
    api = await startSandboxApi();
    const own = api.store.addCredential({ user: 'own', secret: 'own', allRecords: false });
    const login = { username: own.user, password: own.secret };
    expect((await api.get('/company/companies', {}, { login })).json).toEqual([]);
    const body = { summary: 'mine', company: { id: 250 } };
    await api.call('POST', '/service/tickets', { body });
    await api.call('POST', '/service/tickets', { body, login });
    expect((await api.get('/service/tickets', {}, { login })).json).toHaveLength(1);
    expect((await api.get('/service/tickets')).json).toHaveLength(2);
  });
});

describe('the address', () => {
  test('of an unknown codebase or resource is answered with HTML', async () => {
    api = await startSandboxApi();
    const gone = await api.get('/service/boards', {}, { codebase: 'v2019_3' });
    expect(gone.status).toBe(404);
    expect(gone.headers.get('content-type')).toContain('text/html');
    expect((await api.get('/service/nonsense')).text).toContain('<html>');
    expect((await api.get('/service/boards', {}, { codebase: 'v2025_1' })).status).toBe(200);
  });

  test('with a method that a resource does not have is answered 405', async () => {
    api = await startSandboxApi();
    expect((await api.call('PUT', '/service/priorities', { body: {} })).status).toBe(405);
  });

  test('of the host for browsers says that SSL is required', async () => {
    api = await startSandboxApi({ uiHost: true });
    const { json } = await api.get('/service/boards');
    expect(json).toMatchObject({ code: 'Security', message: 'SSL is required.' });
  });
});
