<?php

declare(strict_types=1);

// What ramal.js asks for: an agent token for the signed-in user, and for nobody else.

require_once __DIR__ . '/config.php';
require_once __DIR__ . '/crm/sessao.php';
require_once __DIR__ . '/modulos/RamalApi.php';

crm_open_session();
$user = crm_user();
// Other requests of this user need not wait for the api.
session_write_close();

$answer = static function (int $status, array $body): void {
    http_response_code($status);
    header('Content-Type: application/json; charset=utf-8');
    echo json_encode($body, JSON_THROW_ON_ERROR);
    exit;
};
$refuse = static function (int $status, string $code, bool $retryable) use ($answer): void {
    $message = CtiError::messageFor($code);
    $answer($status, ['error' => ['code' => $code, 'message' => $message, 'retryable' => $retryable]]);
};

// A page of another site can send neither: not JSON without asking first, and not our cookie with a POST.
$type = strtolower($_SERVER['CONTENT_TYPE'] ?? '');
if (($_SERVER['REQUEST_METHOD'] ?? '') !== 'POST' || strpos($type, 'application/json') !== 0) {
    $refuse(405, 'bad_request', false);
}
if ($user === null) {
    $refuse(401, 'auth_required', false);
}

try {
    $config = ramal_config();
    $api = new RamalApi($config['apiUrl'], $config['apiKey']);
    $tenant = $config['tenant'] === '' ? [] : ['tenant' => $config['tenant']];
    $session = $api->post('/v1/sessions', $tenant + ['user' => $user]);
    $answer(201, [
        'token' => $session['token'],
        'gatewayUrl' => $session['gatewayUrl'],
        'expiresAt' => $session['expiresAt'],
        'expiresInSec' => $session['expiresInSec'],
    ]);
} catch (CtiError $error) {
    error_log('session.php: ' . $error->getMessage());
    // These three are about this server's key, which is not the user's business.
    $ours = in_array($error->reason, ['auth_required', 'auth_failed', 'bad_request'], true);
    $refuse($error->retryable ? 503 : 403, $ours ? 'internal_error' : $error->reason, $error->retryable);
} catch (RuntimeException $error) {
    error_log('session.php: ' . $error->getMessage());
    $refuse(500, 'internal_error', false);
}
