<?php

declare(strict_types=1);

/** Opens the session, with a cookie that no script reads and no other site's form sends. */
function crm_open_session(): void
{
    $https = ($_SERVER['HTTPS'] ?? 'off') !== 'off' && ($_SERVER['HTTPS'] ?? '') !== '';
    session_name('crm');
    session_start([
        'use_strict_mode' => true,
        'cookie_httponly' => true,
        'cookie_samesite' => 'Lax',
        'cookie_secure' => $https,
    ]);
    header('Cache-Control: no-store');
    header('X-Content-Type-Options: nosniff');
}

/** The login of who is signed in, or null. */
function crm_user(): ?string
{
    $user = $_SESSION['user'] ?? null;
    return is_string($user) ? $user : null;
}

/** Under a new session id, so that one that was planted before is worth nothing. */
function crm_sign_in(string $user): void
{
    session_regenerate_id(true);
    $_SESSION['user'] = $user;
    unset($_SESSION['csrf']);
}

function crm_sign_out(): void
{
    $_SESSION = [];
    session_regenerate_id(true);
}

/** What each form of this session carries, so that no other site can send it. */
function crm_csrf_token(): string
{
    if (!isset($_SESSION['csrf'])) {
        $_SESSION['csrf'] = bin2hex(random_bytes(32));
    }
    return $_SESSION['csrf'];
}

/** Ends the request with 405 or 403 unless it is a form of this session. */
function crm_require_form(): void
{
    if (($_SERVER['REQUEST_METHOD'] ?? '') !== 'POST') {
        header('Allow: POST');
        crm_refuse(405, 'Este endereço recebe apenas formulários.');
    }
    if (!hash_equals(crm_csrf_token(), crm_field('csrf'))) {
        crm_refuse(403, 'O formulário não é desta sessão. Recarregue a página e tente de novo.');
    }
}

/** Ends the request with a status and a line of text. */
function crm_refuse(int $status, string $message): void
{
    http_response_code($status);
    header('Content-Type: text/plain; charset=utf-8');
    echo $message, "\n";
    exit;
}

/** Ends the request: the browser goes on to another page, with GET. */
function crm_redirect(string $path): void
{
    header('Location: ' . $path, true, 303);
    exit;
}

/** A field of the form that was sent, "" without it. */
function crm_field(string $name): string
{
    $value = $_POST[$name] ?? '';
    return is_string($value) ? trim($value) : '';
}

/** Text for HTML, between tags and in quoted attributes. */
function e(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}
