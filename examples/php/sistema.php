<?php

declare(strict_types=1);

// A page of a CRM with Ramal in it: sign-in, contacts with call buttons, and one script tag for the pop-ups.

require_once __DIR__ . '/config.php';
require_once __DIR__ . '/crm/dados.php';
require_once __DIR__ . '/crm/sessao.php';
require_once __DIR__ . '/modulos/ModuloCti.php';

try {
    $config = ramal_config();
} catch (RuntimeException $error) {
    crm_refuse(500, $error->getMessage());
}
crm_open_session();

if (($_SERVER['REQUEST_METHOD'] ?? '') === 'POST') {
    crm_require_form();
    $action = crm_field('acao');
    $login = crm_field('usuario');
    // Your CRM checks a password here.
    if ($action === 'entrar' && isset(crm_users()[$login])) {
        crm_sign_in($login);
    } elseif ($action === 'sair') {
        crm_sign_out();
    } elseif ($action === 'contato' && crm_user() !== null) {
        $added = crm_add_contact(crm_field('nome'), crm_field('numero'));
        crm_redirect($added ? 'sistema.php' : 'sistema.php?aviso=contato');
    }
    crm_redirect('sistema.php');
}

$user = crm_user();
$csrf = crm_csrf_token();
$cti = new ModuloCti(new RamalApi($config['apiUrl'], $config['apiKey']), crm_company(), $config['tenant']);

$notice = $_GET['aviso'] ?? '';
$notices = ['' => '', 'ligando' => 'Ligação solicitada.', 'contato' => 'Confira o nome e o número do contato.'];
$noticeText = is_string($notice) ? ($notices[$notice] ?? CtiError::messageFor($notice)) : '';

header('Content-Type: text/html; charset=utf-8');
header('Referrer-Policy: same-origin');
header('Content-Security-Policy: ' . implode('; ', [
    "default-src 'none'",
    'script-src ' . preg_replace('~^(https?://[^/]+).*$~i', '$1', $config['apiUrl']),
    "connect-src 'self' " . ($config['gatewayUrl'] ?: 'ws: wss:'),
    "style-src 'self'",
    'img-src data:',
    'media-src http: https:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
]));
?>
<!doctype html>
<html lang="pt-BR">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>CRM</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="sistema.css">
<?php if ($user !== null): ?>
  <script src="<?= e($config['apiUrl']) ?>/ramal.js" data-session-url="session.php" defer></script>
<?php endif; ?>
</head>
<body>
<header>
  <h1>CRM</h1>
<?php if ($user !== null): ?>
  <p><?= e(crm_users()[$user] ?? $user) ?></p>
  <form method="post" action="sistema.php">
    <input type="hidden" name="csrf" value="<?= e($csrf) ?>">
    <button name="acao" value="sair">Sair</button>
  </form>
<?php endif; ?>
</header>
<main>
  <p role="status" class="notice"><?= e($noticeText) ?></p>
<?php if ($user === null): ?>
  <h2>Entrar</h2>
  <form method="post" action="sistema.php">
    <input type="hidden" name="csrf" value="<?= e($csrf) ?>">
    <label for="usuario">Usuário</label>
    <select id="usuario" name="usuario" required>
<?php foreach (crm_users() as $login => $name): ?>
      <option value="<?= e($login) ?>"><?= e($name) ?></option>
<?php endforeach; ?>
    </select>
    <button name="acao" value="entrar">Entrar</button>
  </form>
<?php else: ?>
  <h2>Contatos</h2>
  <table>
    <thead><tr><th scope="col">Nome</th><th scope="col">Telefone</th><th scope="col">Ação</th></tr></thead>
    <tbody>
<?php foreach (crm_contacts() as $contact): ?>
      <tr>
        <td><?= e($contact['name']) ?></td>
        <td><a href="tel:<?= e(rawurlencode($contact['number'])) ?>"><?= e($contact['number']) ?></a></td>
        <td>
<?php if ($cti->isEnabled()): ?>
          <form method="post" action="ligar.php">
            <input type="hidden" name="csrf" value="<?= e($csrf) ?>">
            <input type="hidden" name="intentId" value="<?= e(ModuloCti::newIntentId()) ?>">
            <input type="hidden" name="numero" value="<?= e($contact['number']) ?>">
            <button data-ramal-dial="<?= e($contact['number']) ?>" aria-label="Ligar para <?= e($contact['name']) ?>">Ligar</button>
          </form>
<?php endif; ?>
        </td>
      </tr>
<?php endforeach; ?>
    </tbody>
  </table>
  <h2>Novo contato</h2>
  <form method="post" action="sistema.php">
    <input type="hidden" name="csrf" value="<?= e($csrf) ?>">
    <label for="nome">Nome</label>
    <input id="nome" name="nome" maxlength="80" required>
    <label for="numero">Telefone</label>
    <input id="numero" name="numero" type="tel" maxlength="30" required>
    <button name="acao" value="contato">Adicionar</button>
  </form>
<?php endif; ?>
</main>
</body>
</html>
